#include "stats.hpp"

REFOLD_PLUGIN("1.0.0", refold::plugins::Stats)
