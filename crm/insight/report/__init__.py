"""The monthly report: made from the data in one click, in the park's own words where someone wrote them."""
