"""The upstream's blob host as clients write to it: blobs, blocks, containers, and what is kept of them."""
