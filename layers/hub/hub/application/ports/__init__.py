"""What use cases need of the outside. Each port is the plain role; adapters say the technology."""
