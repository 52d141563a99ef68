// The plugin: all projections of Arabica but the doses, which are upgraded in the README.
#include "beans.hpp"

REFOLD_PLUGIN("1.0.0", arabica::Beans)
