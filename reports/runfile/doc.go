// Package runfile keeps a run on disk as a directory of plain files, and reads
// it back. One file, updates.jsonl.gz, is what happened, step by step; everything
// else in the directory is a view of it for people and for other tools.
//
// While a run goes on its directory is called runs/<id>.partial and only
// updates.jsonl.gz grows in it; Finish writes the rest and renames it to
// runs/<id>. So a directory with its final name is whole, and after a crash the
// partial one still holds what had been recorded.
package runfile
