"""The files in which frameworks and platforms of agents declare them."""
