// The plugin: all projections of Arabica but the doses, which have one of their own.
#include "beans.hpp"
#include "feed.hpp"
#include "gear.hpp"
#include "recipes.hpp"
#include "talk.hpp"

REFOLD_PLUGIN("1.0.0", arabica::Beans, arabica::Gear, arabica::Talk, arabica::Recipes,
              arabica::Feed)
