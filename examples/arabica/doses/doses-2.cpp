#include "doses-2.hpp"

REFOLD_PLUGIN("2.0.0", arabica::decigrams::Doses)
