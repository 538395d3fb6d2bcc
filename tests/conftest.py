"""What every suite may ask for; nothing starts before a test asks."""

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.worlds",
    "tests.fixtures.samples",
]
