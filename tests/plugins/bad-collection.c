/* Wants a collection that there cannot be. */
#define PROJECTION_COLLECTIONS "app.bsky.feed.post", "likes"
#include "plugin.h"
