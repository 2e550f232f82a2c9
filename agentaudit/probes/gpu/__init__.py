"""GPUs through NVML: how busy, with whose work, at which energy."""
