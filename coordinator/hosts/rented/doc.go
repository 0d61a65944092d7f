// Package rented is the fleets: machines that are rented for runs, from the first question to the last deletion. It does
// what coordinator/rental decides, keeps each fleet's journal, keys and order on the disk, and gives machines that can be
// logged in to and have this program. It never asks the cloud for what the journal on the disk does not tell, and never
// ends without saying what is left and what that costs.
package rented
