"""How good retrieval is: question sets, measures, intervals, paired tests, TREC and BEIR files. Pure: nothing is asked
or stored here, `services.evaluation` does that."""
