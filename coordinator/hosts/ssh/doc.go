// Package ssh runs hosts on other machines, by nothing but their sshd: it checks their key, pushes this program unless it is
// there, starts `loadctl host`, and carries the host's connection back to the coordinator through the same session. A broken
// connection is not the host's death: it is made anew as long as the host would wait for it. The package never trusts a key
// that it was not told of, never asks for a password, never leaves a secret on a disk or a command line, and never starts a
// host twice.
package ssh
