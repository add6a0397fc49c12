"""Find, measure and name the white blood cells on photographs of stained blood smears."""

__version__ = "0.1.0.dev0"
