// Package brief is a document of answers as values: a verdict, the figures that matter,
// paragraphs, tables and charts, which a terminal, a Markdown page and an HTML page show
// each in their way. Every number of it is a word already, made once by whoever knows what
// it means; places in charts alone are numbers. The package refuses to draw, and to know
// what the answers are about.
package brief
