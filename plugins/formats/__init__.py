"""One module a container family: how it looks, whether it is whole, where marks live in it."""
