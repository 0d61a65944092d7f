// Verdicts asks loadctl for answers whose truth is known, live: what a queue of mathematics
// holds, whether one is slower than another, which of its settings holds most. Each answer takes
// minutes, so each is a line of a file, and a bench that was ended goes on where it was:
//
//	go run ./bench/verdicts -only capfind            # 5 searches
//	go run ./bench/verdicts -only gate-aa            # 20 gates of alike sides, short mode
//	go run ./bench/verdicts -only gate-ab            # 10 whose candidate is slower by 10 %
//	go run ./bench/verdicts -only tune               # pool and workers of the bundled service
//	go run ./bench/verdicts -judge                   # tells what there is, and writes verdicts.md
//
// Nothing else may run meanwhile. It refuses to leave answers out: those that were invalid are
// lines too, and count against the bar.
package main
