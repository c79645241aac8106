"""A STAC API over a store of Items, as both upstreams have one."""
