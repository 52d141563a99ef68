#include "records.hpp"

REFOLD_PLUGIN("1.0.0", refold::plugins::Records)
