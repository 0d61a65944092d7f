// Package knobs is every setting of the reference service: its name, what it means,
// what it may be, and which settings cannot stand together. Flags, environment,
// configuration file and the admin API all spell settings as this package does.
//
// It is values in, values out: it reads no file and changes no process.
package knobs
