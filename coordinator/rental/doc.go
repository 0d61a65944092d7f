// Package rental decides about what is rented for a run: which resources are made in which order, what a failure of the
// cloud means, whose a resource is, and what is given back. It has no clock, client or disk: it is told what happened and
// when, and says what is to be asked next. It never asks for a second resource where the first may exist, and never gives
// back what does not bear both marks of its run: label and tag.
package rental
