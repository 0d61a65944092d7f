// Package document reads YAML files that people write, for the languages of this house:
// nodes with their places, mappings with known keys, durations, rates and shares, and
// all mistakes of a file at once, each with line, column and what was probably meant. It
// refuses to know what any key means, and files that are too large to be written by hand.
package document
