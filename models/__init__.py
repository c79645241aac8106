"""Data that crosses the boundaries of the other rooms: requests, outcomes, reports, errors."""
