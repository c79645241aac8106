"""ObservEarth's API: geometries of an account, statistics and pictures of spectral indices over them."""
