/* 129 tables. */
#define TABLES_8 "a", "b", "c", "d", "e", "f", "g", "h"
#define TABLES_64 TABLES_8, TABLES_8, TABLES_8, TABLES_8, TABLES_8, TABLES_8, TABLES_8, TABLES_8
#define PROJECTION_TABLES TABLES_64, TABLES_64, "last"
#include "plugin.h"
