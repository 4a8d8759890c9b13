# noqa: INP001 - a configuration
"""How Sphinx makes a site of these pages: `./dev site`."""

project = "Holdfast"
extensions = ["myst_parser"]
exclude_patterns = ["results", "reference/*.py"]
html_theme = "furo"
html_title = "Holdfast"
html_static_path: list[str] = []
html_show_sphinx = False
html_copy_source = False
myst_heading_anchors = 4
"""Links lead to headings by the names that GitHub gives them."""
suppress_warnings = ["misc.highlighting_failure"]
"""Output of commands isn't always what its block says it is, since it is shortened."""
