"""Calendars that say who is on call: fetched, kept, read."""

from holdfast.adapters.calendars.feed import CalendarReader
from holdfast.adapters.calendars.keeping import KeptCalendar, keep_calendar, load_calendar
from holdfast.adapters.calendars.reading import CalendarUnreadable, read_calendar

__all__ = ["CalendarReader", "CalendarUnreadable", "KeptCalendar", "keep_calendar", "load_calendar", "read_calendar"]
