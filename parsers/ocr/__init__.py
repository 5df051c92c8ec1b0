"""Reading of pixels: pages and regions that show text but have none in their text layer."""
