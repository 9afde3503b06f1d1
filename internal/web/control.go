package web

// controlRules say in plain words how control charts are drawn and read, on the
// definitions page. Package spc holds the method itself.
var controlRules = []ruleView{
	{"Average", "The mean of the readings since the limits last started, a solid line."},
	{"Limits", "The average, plus and minus 2.66 times the average difference between one reading and the next: the range in which " +
		"nearly all " +
		"readings fall when nothing changes. Dashed lines. No limit is shown below 0."},
	{"Readings needed", "Limits are drawn from 13 readings on. Before that nothing is judged. When all values are equal or nearly so there " +
		"are no limits."},
	{"Rule 1", "A reading above the upper or below the lower limit."},
	{"Rule 2", "7 readings in a row that rise, or 7 that fall."},
	{"Rule 3", "2 of 3 readings in a row near the same limit, in the outer third of the range or beyond."},
	{"Rule 4", "7 readings in a row on one side of the average."},
	{"Outliers", "No reading is left out of the limits for being unusual."},
	{"Words", "A reading that meets a rule is higher or lower than usual. Where lower is better, lower is an improvement and higher " +
		"is to be " +
		"looked into. For a neutral measure, such as the council share, it is neither. The table names the rule."},
	{"Agreed level", "A level that the partners have agreed, a dotted line labelled with its value for the days on which it stands. Usually " +
		"meets: the whole range between the limits is on its wanted side. Does not usually meet: the whole range is on the other side. " +
		"Sometimes " +
		"meets: it lies between the limits. Without limits nothing is said. Readings are judged against the level that stands at the last " +
		"of them."},
	{"Missing data", "A week or month for which a hospital sent no extract is not drawn, not joined and not counted as 0. Days carried over " +
		"the gap are in the totals. A period that is not over is in the table and is drawn only when it is an average."},
	{"Limits that start again", "The partnership may start the limits again from a day on which the way of working changed, with its reason " +
		"on the chart. A change in one hospital starts only that hospital's limits again."},
	{"Before and after", "Beside a note on a chart stand the averages of up to 13 readings on either side. They do not show that one led to " +
		"the other."},
}
