"""One module per remote API, named as in its documentation; no Prefect, no settings."""
