// Package linode is the Linode API as coordinator/rental needs it: every request paced, made once, and its failure classed.
// It never tries a request again by itself, as whether that is safe is not its to decide.
package linode
