#include "doses-1.hpp"

REFOLD_PLUGIN("1.0.0", arabica::grams::Doses)
