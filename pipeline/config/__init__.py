"""One typed table of settings, read from TOML; unknown and missing keys are reported all at once."""

from pipeline.config.address import is_address
from pipeline.config.reading import config_path, data_directory, read_settings
from pipeline.config.sections import DAYS
from pipeline.config.servers import Account, Server
from pipeline.config.settings import SECTIONS, Settings
from pipeline.config.table import Section
from pipeline.config.zone import local_zone

__all__ = [
    "DAYS",
    "SECTIONS",
    "Account",
    "Section",
    "Server",
    "Settings",
    "config_path",
    "data_directory",
    "is_address",
    "local_zone",
    "read_settings",
]
