"""The ports on PostgreSQL. Nothing here but migrations and `statements` needs SQLAlchemy."""
