"""Postmortems as documents that need nothing beside them: Markdown and HTML, with the chart as SVG inside."""
