"""Reads a SAM template into the frozen model that the local runtime runs."""

from local.template.errors import TemplateError as TemplateError
from local.template.model import Application as Application
from local.template.reader import read_template as read_template
