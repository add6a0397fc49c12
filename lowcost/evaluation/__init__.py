"""What `lowcost` reaches on labelled images, as small functions that anyone can check."""
