// Package balancer puts nginx, HAProxy or a Linode NodeBalancer in front of
// backends: it turns one Config into the configuration of each, has the real
// binary check it, runs and reloads that binary, and tells what it does as one
// Status. What one of the three cannot do is an error or a warning that says so,
// never left out in silence.
//
// It balances nothing itself, and it does not start backends.
package balancer
