// Package placed is a topology on machines that were rented for it: what is to be rented, and then each part started on
// its machine, once the one before is well, by nothing but a login there. Parts live on when this process ends; who gives
// the machines back ends them. It rents nothing itself, and knows nothing of what parts are made of: each machine has the
// file of the topology, and an order that says which part it is.
package placed
