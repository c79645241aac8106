"""Blob containers of the upstream that anybody may read."""

PUBLIC_ACCOUNT, PUBLIC_CONTAINER = "ai4edatasetspublicassets", "assets"
PUBLIC_CONTAINERS = frozenset({(PUBLIC_ACCOUNT, PUBLIC_CONTAINER)})
