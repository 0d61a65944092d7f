// Package tune finds which settings of a service hold most: settings in, next trial out.
// Candidates are measured beside the setting that is in force, in blocks, and most are
// given up early. It refuses to apply a setting, and to recommend what is not better by more than noise.
package tune
