"""What lowcost is compared with, one method per module, each written from its publication or trained from scratch."""
