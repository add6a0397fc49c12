"""From a file to measured light: reading, resampling, illumination, quality and scale."""
