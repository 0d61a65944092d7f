// Package loop drives the load of one thread: it owns sockets, timers and virtual
// users, and is the only place of the house with system calls. Everything it
// decides it decides from a poller (epoll, kqueue, or the simulated world of the
// tests), so the same code runs a ten-minute load in milliseconds of virtual time.
//
// # Time
//
// All moments are offsets from the run's epoch on the machine's monotonic clock.
// The clock is read after each wait and once more for each answer or request
// written, never for both of a pair. Pacing says when the loop wakes:
//
//   - ticks: sleep to the next tick, send all that is due, read all that has come.
//     Wake-ups cost the same at any rate, and the kernel's receive stamps keep
//     service times true. What is late by up to a tick shows as pacer lag.
//   - precise: wake for each moment and spin the last microseconds.
//   - auto: wake for each moment and each answer while that takes less than a
//     quarter of a core, always where a limit is below 50 ms or closed users without
//     pauses run (they need their answers at once); ticks otherwise.
//
// # What becomes due, and what becomes of it
//
// An arrival picks its task at once, is intended when due, and takes a free
// connection or waits for one in order, its intended start kept. When it has
// waited max_lag it is not_sent. An open phase has its own connections, taken last
// in first out and opened when none is idle, up to max_vus or the file limit; with
// `over` it takes the held connections of another phase in turn. A closed user
// owns a connection. A pool of the scenario changes that: users share, iterations
// own, or each request has one. A time-out runs from the moment the pacer took a
// request up, so that the generator's lateness is not called the target's, and closes
// the connection; one that passes while the request still waits for a connection
// makes it not_sent. When the loop was held up for more than a tick, by a slow send or
// the machine, what sockets have is taken up before a deadline fires, and the kernel's
// receive stamp says whether an answer was in time.
//
// A connection that was opened has one ending, or is still open. Of one whose answer
// said that it was the last, the target's end is waited for: who closes first keeps
// the port.
//
// A phase stops issuing at its end, or when the run drains. What was due by then is
// finished; iterations between two steps are aborted. What is still open at the
// drain's deadline, or when the loop is stopped, is censored.
//
// An https target is spoken to over TLS. Handshakes take turns of half a millisecond
// with everything else, since each costs as much as a hundred requests; a connection is
// open when its handshake has ended, within the same time that is given to connect.
//
// A held connection is tried three times, one second apart, before it has failed.
// One that was open and is to be there again is tried each second while its phase
// runs. Attempts keep to the loop's part of the hold's connect rate: whoever must
// be opened again stands in line, behind those that were not tried yet.
// Its heartbeats start at a random part of their interval, so that they do not
// come in waves. One that falls due on a busy connection waits for it, its intended
// start kept, and goes before requests that wait for any connection; none falls due
// behind it, and the next is an interval after it was sent. If the connection is
// lost meanwhile it is not_sent.
//
// A closed user whose connection could not be opened, or broke before its first
// answer, rests for 100 ms before its next iteration, so that a target that refuses
// is not flooded with attempts.
//
// Being out of files, ports or buffers is the generator's fault: it is told as a
// severe notice, makes requests not_sent, or censored when something of them was sent,
// and is never an error of the target. Ports come back: connecting is tried again ten
// times a second.
//
// # Targets that mean harm
//
// What a target sends without end is read up to a bound, or until the time-out, and
// in turns with what others send. An answer in pieces holds a line of its head; more
// only when a check asks for it, and all of them together no more than Config.Memory.
// Errors have the kinds of kinds.go, and no others.
//
// The loop refuses to connect to any address it was not given.
package loop
