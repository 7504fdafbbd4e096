/* hold FILE: has a file open as SQLite has its own, so that nobody may rename or remove it, until it is ended. */
#include <windows.h>
#include <stdio.h>

int wmain(int argc, wchar_t **argv)
{
    HANDLE file = CreateFileW(argv[argc - 1], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (argc != 2 || file == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "hold: the file cannot be opened (error %lu)\n", GetLastError());
        return 2;
    }
    puts("held");
    fflush(stdout);
    Sleep(INFINITE);
    return 0;
}
