"""Terraform and its language, HCL: in one pass where it is plain, by its tree elsewhere."""
