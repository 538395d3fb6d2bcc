"""Runs the application that template.yaml describes on one machine, with no Docker and no AWS."""
