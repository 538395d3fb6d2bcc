"""What Hub costs, measured side by side with what it is compared with. `./dev bench` runs one."""
