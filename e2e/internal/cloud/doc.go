// Package cloud is a Linode cloud on this machine, for end-to-end tests: the simulated API, and behind it instances that can
// be logged in to, networks, firewalls and balancers that do what was asked for. An instance is a set of namespaces with a
// disk and an sshd of its own. It shares the kernel, so that it boots in no time, has this machine's cores, and cannot be
// given more of what root may not raise here. Nothing of a cloud outlives its test, and a test in which something would fails.
package cloud
