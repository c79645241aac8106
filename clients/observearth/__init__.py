"""ObservEarth: statistics and pictures of spectral indices over the geometries of an account.

No documentation of the service was at hand. What is stated here comes from its public tutorial and from the code of
public clients; what nobody has shown (more members of answers, the order of a search) is not relied on.
"""

from clients.observearth.client import Geometry, MeanOfDay, ObservEarth

__all__ = ["Geometry", "MeanOfDay", "ObservEarth"]
