"""Where steps are served: how fast by how many, one core after the other, and what it draws."""
