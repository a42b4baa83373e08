/*
 * count: how many elements an array has.
 */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

/* Of an array, not of a pointer. */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
